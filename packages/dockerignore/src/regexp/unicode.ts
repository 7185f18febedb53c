/** General categories that RE2 knows by one or two letters, and `Any`. */
const CATEGORIES = new Set(
  'C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(' '),
)

/** JavaScript wants the exact spelling; Go takes any case and ignores spaces, underscores and hyphens. */
function spelled(name: string): string {
  return name
    .split(/[ _-]+/)
    .filter((word) => word !== '')
    .map((word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase())
    .join('_')
}

const known = new Map<string, ((codePoint: number) => boolean) | undefined>()

function lookUp(name: string): ((codePoint: number) => boolean) | undefined {
  if (!/^[A-Za-z][A-Za-z0-9 _-]{0,60}$/.test(name)) return undefined
  const simple = spelled(name)
  if (simple === 'Any') return () => true
  if (simple === 'Ascii') return (codePoint) => codePoint < 0x80
  if (simple === 'Assigned') return (codePoint) => !/^\p{Cn}$/u.test(String.fromCodePoint(codePoint))
  const category = simple === 'Lc' ? 'LC' : simple
  const candidates = CATEGORIES.has(category)
    ? [`\\p{${category}}`]
    : [`\\p{Script=${name}}`, `\\p{Script=${simple}}`, `\\p{General_Category=${simple}}`]
  for (const candidate of candidates) {
    try {
      const expression = new RegExp(`^${candidate}$`, 'u')
      return (codePoint) => expression.test(String.fromCodePoint(codePoint))
    } catch {
      // Not a name that this engine's Unicode tables have: try the next spelling.
    }
  }
  return undefined
}

/** The test for a Unicode category or script by name, or undefined for a name that there is not. One character a test: no backtracking. */
export function unicodeClass(name: string): ((codePoint: number) => boolean) | undefined {
  if (!known.has(name)) {
    if (known.size > 500) known.clear()
    known.set(name, lookUp(name))
  }
  return known.get(name)
}
