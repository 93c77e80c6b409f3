export type * from './model.ts'
export { startNfcServer } from './nfc-server.ts'
