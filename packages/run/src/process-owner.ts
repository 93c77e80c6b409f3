export { isAlive, type ProcessOwner, thisProcess } from '@vmkeep/kit'
