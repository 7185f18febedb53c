/** A filesystem did not do what a case of the suite asks for. */
export class ConformanceError extends Error {
  readonly code = 'CONFORMANCE'

  constructor(message: string) {
    super(message)
    this.name = 'ConformanceError'
  }
}

/** @throws ConformanceError unless both have the same JSON (numbers beyond JSON as text). */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [textOf(actual), textOf(expected)]
  if (left !== right) throw new ConformanceError(`${what}: expected ${right}, got ${left}`)
}

/** @throws ConformanceError unless `work` ends with the errno given (`ok`: with none). */
export function expectCode(code: string, work: () => unknown, what: string): void {
  let got = 'ok'
  try {
    work()
  } catch (error) {
    got = (error as { code?: string }).code ?? String(error)
  }
  if (got !== code) throw new ConformanceError(`${what}: expected ${code}, got ${got}`)
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each instanceof Uint8Array ? [...each] : each)) ?? 'undefined'
