import type { Operation } from '../aio/operation.ts'
import { ReadOperation, type ReadSink } from '../aio/read-operation.ts'
import { WriteOperation } from '../aio/write-operation.ts'
import { compressionKind, ioDirection, ReadRequest } from '../messages/index.ts'
import type { Extent } from './extent.ts'
import { type Handle, refusedBy } from './handle.ts'
import { outgoingFragments } from './outgoing-fragments.ts'

/** Sends one read request, whose bytes go to the sink's target from `targetAt` on. */
export function submitRead(handle: Handle, extent: Extent, targetAt: number, sink: ReadSink): Operation {
  const { id, connection, settings } = handle
  const { offsetBytes, lengthBytes } = extent
  const operation = new ReadOperation({
    span: { offsetBytes, targetAt, lengthBytes },
    sink,
    compression: settings.compression,
    refused: refusedBy(handle, `reading ${lengthBytes} bytes of ${settings.path} from byte ${offsetBytes} on`),
    broken: (error) => connection.broken(error),
  })
  const request = ReadRequest.encode({
    handle: id,
    direction: ioDirection.read,
    compression: compressionKind[settings.compression],
    offsetBytes,
    lengthBytes,
    lengthBytesAgain: lengthBytes,
    lengthBytesOnceMore: lengthBytes,
  })
  connection.submit(operation, request)
  return operation
}

/** Compresses and sends one write request. */
export async function submitWrite(
  handle: Handle,
  extent: Extent,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Operation> {
  const { id, connection, settings } = handle
  const during = `writing ${extent.lengthBytes} bytes of ${settings.path} from byte ${extent.offsetBytes} on`
  const operation = new WriteOperation(extent.lengthBytes, refusedBy(handle, during))
  const fragments = await outgoingFragments(extent, bytes, settings.compression, settings.bufferBytes)
  signal?.throwIfAborted() // compressing takes time: an abandoned write must not overtake a later one
  connection.submitFragments(operation, id, fragments)
  return operation
}
