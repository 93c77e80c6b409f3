import { command } from '../command.ts'
import { completionScripts, shells } from '../completion/scripts.ts'
import { argument, choice } from '../parameters.ts'

export const completionCommand = command({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  examples: [
    { run: 'source <(vmkeep completion bash)', does: 'in ~/.bashrc' },
    { run: 'source <(vmkeep completion zsh)', does: 'in ~/.zshrc' },
    { run: 'vmkeep completion fish > ~/.config/fish/completions/vmkeep.fish', does: 'once' },
  ],
  arguments: { shell: argument(choice(shells), 'the shell') },

  async run({ arguments: { shell }, out }) {
    const script = completionScripts[shell]
    await out.answer({ shell, script }, () => script.trimEnd())
    return 'ok'
  },
})
