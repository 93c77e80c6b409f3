import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../catalogue.ts'
import { vmkeep } from '../testing.ts'
import { candidates } from './candidates.ts'
import { completionScripts } from './scripts.ts'

const names = async () => ['lab', 'prod']
const complete = async (...words: string[]) => {
  const found = await candidates(words, catalogue, names)
  return found.kind === 'words' ? found.words.map(({ word }) => word) : found.kind
}

describe('completion', () => {
  it('offers commands, but not hidden ones', async () => {
    expect(await complete('')).toEqual(expect.arrayContaining(['backup', 'vm', 'point', 'help']))
    expect(await complete('')).not.toContain('complete')
    expect(await complete('re')).toEqual(['restore', 'retention', 'repo'])
  })

  it('offers the verbs of a noun', async () => expect(await complete('config', '')).toEqual(['view', 'validate']))

  it('offers the verbs of a noun within a noun', async () => {
    expect(await complete('vm', '')).toEqual(['list', 'show', 'explain', 'cbt'])
    expect(await complete('vm', 'cbt', '')).toEqual(['status', 'enable', 'disable', 'reset', 'audit'])
    expect(await complete('vm', 'cbt', 're')).toEqual(['reset'])
  })

  it('offers flags of the command and global ones', async () => {
    expect(await complete('verify', '--s')).toEqual(['--sample'])
    expect(await complete('verify', '--no')).toEqual(['--no-color'])
    expect(await complete('restore', 'x', '--no-')).toEqual(['--no-color', '--no-verify'])
  })

  it('offers values of a flag: choices, names, files', async () => {
    expect(await complete('vm', 'list', '-o', 'j')).toEqual(['json'])
    expect(await complete('vm', 'list', '--vcenter', 'p')).toEqual(['prod'])
    expect(await complete('--config', '')).toBe('file')
    expect(await complete('restore', '--to-files', '')).toBe('folder')
  })

  it("knows where an option's value ends", async () => {
    expect(await complete('-o', 'json', 'domain', '')).toEqual(['list', 'create', 'erase'])
    expect(await complete('-q', 'point', 's')).toEqual(['show'])
  })

  it('offers arguments', async () => {
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(await complete('completion', 'bash', '')).toEqual([])
    expect(await complete('help', 'ba')).toEqual(['backup'])
  })

  it('is printed for the scripts as word and help', async () => {
    const { stdout } = await vmkeep(['complete', '--', 'point', 'l'])
    expect(stdout).toBe('list\tList restore points, oldest first\n')
    expect((await vmkeep(['complete', '--', 'vm', 'list', '--config', ''])).stdout).toBe(':file\n')
    expect((await vmkeep(['complete', '--', 'nothing', 'x'])).stdout).toBe('')
  })

  it('works in a real bash', () => {
    const script = `
      vmkeep() { shift 2; printf '%s|' "$@" >&2; printf 'list\\thelp one\\nshow\\thelp two\\n'; }
      ${completionScripts.bash}
      COMP_WORDS=(vmkeep point ''); COMP_CWORD=2; _vmkeep; printf '%s,' "\${COMPREPLY[@]}"
      complete -p vmkeep`
    const out = execFileSync('bash', ['--norc', '-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(out).toBe('list,show,complete -F _vmkeep vmkeep\n')
  })

  it.each(['bash', 'zsh', 'fish'])('prints the script of %s', async (shell) => {
    const { stdout, code } = await vmkeep(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('vmkeep complete -- ')
  })
})
