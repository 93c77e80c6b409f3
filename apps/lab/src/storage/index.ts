export { formatDatastorePath, parseDatastorePath } from './datastore-path.ts'
export { openLabStorage } from './lab-storage.ts'
export type * from './model.ts'
export { parseVmx, vmxText } from './vmx.ts'
