/** An answer in the form of the distribution specification. */
export function failure(
  status: number,
  code: string,
  message = code.toLowerCase().replaceAll('_', ' '),
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify({ errors: [{ code, message }] }), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  })
}

export const json = (value: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(value), { status: 200, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })

/** One page of a sorted list, with the Link to the next one. */
export function page(names: readonly string[], url: URL): { readonly names: readonly string[]; readonly headers: Record<string, string> } {
  const most = Number(url.searchParams.get('n') ?? 100)
  const last = url.searchParams.get('last')
  const rest = [...names].sort().filter((name) => last === null || name > last)
  const shown = rest.slice(0, most)
  if (shown.length === rest.length) return { names: shown, headers: {} }
  const next = `${url.pathname}?n=${most}&last=${encodeURIComponent(shown.at(-1) ?? '')}`
  return { names: shown, headers: { link: `<${next}>; rel="next"` } }
}
