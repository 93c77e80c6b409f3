/** Data that means the same to every program: what JSON can say, plus bytes. Numbers are finite. */
export type Plain = null | boolean | number | string | Uint8Array | readonly Plain[] | { readonly [key: string]: Plain }
