/** Whether a moment lies in a span that may be open at either end. Times are ISO 8601. */
export function isWithin(
  time: string,
  { beginTime, endTime }: { readonly beginTime?: string | undefined; readonly endTime?: string | undefined },
): boolean {
  const at = Date.parse(time)
  return (
    (beginTime === undefined || at >= Date.parse(beginTime)) && (endTime === undefined || at <= Date.parse(endTime))
  )
}
