const named = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u

/**
 * Expands a replacement as the reference's regular expression library does for `${name//pattern/replacement}` (and only there):
 * `$0` and `${0}` are the text that matched, `$$` is a dollar, any other `$name` is empty. So a value that contains `$x` and is
 * used as a replacement loses it; a trap, but what a build does.
 */
export function expandTemplate(template: string, matched: string): string {
  let out = ''
  let at = 0
  for (;;) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) return out + template.slice(at)
    out += template.slice(at, dollar)
    at = dollar + 1
    if (template[at] === '$') {
      out += '$'
      at++
      continue
    }
    const name = named.exec(template.slice(at))
    if (!name) {
      out += '$'
      continue
    }
    if ((name[1] ?? name[2]) === '0') out += matched
    at += name[0].length
  }
}
