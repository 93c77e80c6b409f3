import { FormatError } from '@vmkeep/kit'
import { readXml, type XmlLimits } from './read-xml.ts'

/** The level our table is written at: the newest version we ask for. */
export const tableVersion = '8.0.3.0'
/** The oldest server we talk to. */
export const oldestVersion = '6.5'

/**
 * The versions of `urn:vim25` a server speaks, from its `vimServiceVersions.xml`, in no particular order.
 *
 * @throws FormatError
 */
export function readServiceVersions(text: string, limits: XmlLimits = { depthMax: 16, elementsMax: 10_000 }): string[] {
  const root = readXml(text, limits)
  const vim25 = root.children.find((namespace) => namespace.child('name')?.text.trim() === 'urn:vim25')
  if (vim25 === undefined) throw new FormatError('no version of urn:vim25')
  const listed = [vim25.child('version'), ...(vim25.child('priorVersions')?.children ?? [])]
  return listed.flatMap((element) => (element === undefined ? [] : [element.text.trim()])).filter(isVersion)
}

/** The newest version both sides know, or `undefined` if theirs are all too old. Of a newer server it is the table's own. */
export function chooseVersion(offered: readonly string[]): string | undefined {
  const usable = offered.filter((v) => compareVersions(v, tableVersion) <= 0 && compareVersions(v, oldestVersion) >= 0)
  return usable.toSorted(compareVersions).at(-1)
}

const isVersion = (text: string): boolean => /^\d{1,4}(\.\d{1,4}){0,5}$/.test(text)

/** Orders `6.7` before `6.7.3` before `8.0.3.0`; negative if `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
