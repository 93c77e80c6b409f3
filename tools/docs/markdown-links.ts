import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'

/** The relative links of a Markdown file that lead nowhere: to no file, or to no heading of one. */
export function brokenLinks(path: string, root: string): string[] {
  const text = withoutCode(readFileSync(path, 'utf8'))
  const targets = [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target) && !leadsSomewhere(path, target))
    .map((target) => `${relative(root, path)} → ${target}`)
}

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? from : resolve(dirname(from), decodeURIComponent(file))
  if (!existsSync(path)) return false
  return anchor === undefined || statSync(path).isDirectory() || headingsOf(path).has(anchor)
}

/** Headings as GitHub names them in links. */
function headingsOf(path: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = [...readFileSync(path, 'utf8').matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  })
  return new Set(headings)
}

const withoutCode = (text: string): string =>
  text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '')
