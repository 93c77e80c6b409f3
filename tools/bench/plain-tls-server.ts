// Worker: a TLS server that sends as many bytes as the number a client writes. Posts its port.
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'

const block = Buffer.alloc(64 * 1024, 0x5a)

const server = createServer(workerData as { key: string; cert: string }, (socket) => {
  socket.on('error', () => {})
  socket.once('data', (request: Buffer) => {
    let left = Number(request.toString())
    const send = () => {
      while (left > 0) {
        left -= block.length
        if (!socket.write(block)) return
      }
    }
    socket.on('drain', send)
    send()
  })
})
server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port))
