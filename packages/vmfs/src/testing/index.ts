export { buildVmfs, type NewFile, type NewVolume } from './build-vmfs.ts'
