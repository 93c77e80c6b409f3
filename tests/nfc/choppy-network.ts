import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Random } from '@vmkeep/kit'

/** A network between a client and a port of this machine, on which nothing arrives as it was sent, but in order. */
export interface ChoppyNetwork extends AsyncDisposable {
  readonly port: number
}

/** Cuts what passes into pieces of any size, holds them back for some turns of the event loop, and sends some of them together. */
export async function openChoppyNetwork(toPort: number, random: Random): Promise<ChoppyNetwork> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: toPort, host: '127.0.0.1', noDelay: true })
    for (const socket of [near, far])
      sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      void pass(from, to, random).catch(() => to.destroy()) // the other side is gone
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function pass(from: Socket, to: Socket, random: Random): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      const size = 1 + Math.floor(random.fraction() ** 4 * 4096) // mostly small
      to.write(chunk.subarray(at, at + size))
      at += size
      for (let turns = Math.floor(random.fraction() * 4); turns > 0; turns--) await turn()
    }
  }
  to.end()
}
