/** VMDK counts in sectors of 512 bytes, whatever the disk's own sector size. */
export const sectorSizeBytes = 512

export const bytesOf = (sectors: number): number => sectors * sectorSizeBytes

/** The sectors it takes to hold `sizeBytes`. */
export const sectorsFor = (sizeBytes: number): number => Math.ceil(sizeBytes / sectorSizeBytes)

export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit
