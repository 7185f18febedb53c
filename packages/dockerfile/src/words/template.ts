const named = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u

/** Stands for the text that matched. */
const matchedText = Symbol('matched text')

/**
 * Reads a replacement as the reference's regular expression library does for `${name//pattern/replacement}` (and only there):
 * `$0` and `${0}` are the text that matched, `$$` is a dollar, any other `$name` is empty. So a value that contains `$x` and is
 * used as a replacement loses it; a trap, but what a build does.
 */
export function readTemplate(template: string): (matched: string) => string {
  const parts: (string | typeof matchedText)[] = []
  let at = 0
  for (;;) {
    const dollar = template.indexOf('$', at)
    parts.push(template.slice(at, dollar < 0 ? undefined : dollar))
    if (dollar < 0) break
    at = dollar + 1
    if (template[at] === '$') {
      parts.push('$')
      at++
      continue
    }
    const name = named.exec(template.slice(at))
    if (!name) {
      parts.push('$')
      continue
    }
    if ((name[1] ?? name[2]) === '0') parts.push(matchedText)
    at += name[0].length
  }
  const texts = parts.filter((part) => part !== '')
  return (matched) => texts.map((part) => (part === matchedText ? matched : part)).join('')
}
