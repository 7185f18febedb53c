import { FatalFault } from './signals.js'

export interface Variable {
  /** A text, an indexed array (by number) or an associative one; undefined: declared but not set. */
  value: string | Map<number, string> | undefined
  map?: Map<string, string>
  exported?: boolean
  readonly?: boolean
  integer?: boolean
  lower?: boolean
  upper?: boolean
  nameref?: boolean
}

export const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The variables of one shell, with the scopes of functions that `local` made. */
export class Variables {
  private readonly scopes: Map<string, Variable>[]
  /** Evaluates text of integer variables; set by the shell. */
  arithmetic: (text: string) => bigint = () => 0n
  /** Told of every name that is asked for, '' for all; set by the shell. */
  onRead: ((name: string) => void) | undefined

  constructor(scopes: Map<string, Variable>[] = [new Map()]) {
    this.scopes = scopes
  }

  /** A copy that shares nothing: a subshell's. */
  fork(): Variables {
    return new Variables(this.scopes.map((scope) => new Map([...scope].map(([name, variable]) => [name, copy(variable)]))))
  }

  push(scope: Map<string, Variable> = new Map()): void {
    this.scopes.push(scope)
  }

  pop(): void {
    this.scopes.pop()
  }

  get inFunction(): boolean {
    return this.scopes.length > 1
  }

  find(name: string): Variable | undefined {
    this.onRead?.(name)
    for (let at = this.scopes.length - 1; at >= 0; at--) {
      const variable = this.scopes[at]!.get(name)
      if (variable) return variable
    }
    return undefined
  }

  /** The variable behind namerefs. */
  resolve(name: string): string {
    let place = name
    for (let hops = 0; hops < 10; hops++) {
      const variable = this.find(place)
      if (!variable?.nameref || typeof variable.value !== 'string') return place
      place = variable.value
    }
    return place
  }

  /** Makes one in the innermost scope (`local`) or the outermost. */
  declare(name: string, local: boolean): Variable {
    const scope = local ? this.scopes[this.scopes.length - 1]! : this.scopes[0]!
    const existing = local ? scope.get(name) : this.find(name)
    if (existing) return existing
    const variable: Variable = { value: undefined }
    scope.set(name, variable)
    return variable
  }

  /** Text of a variable: element 0 of an array. */
  get(name: string): string | undefined {
    const variable = this.find(this.resolve(name))
    if (!variable) return undefined
    if (variable.map) return variable.map.get('0')
    return typeof variable.value === 'object' ? variable.value.get(0) : variable.value
  }

  set(name: string, text: string): void {
    const variable = this.writable(name)
    const value = this.shape(variable, text)
    if (variable.map) variable.map.set('0', value)
    else if (typeof variable.value === 'object') variable.value.set(0, value)
    else variable.value = value
  }

  setElement(name: string, index: number | string, text: string): void {
    const variable = this.writable(name)
    const value = this.shape(variable, text)
    if (variable.map) {
      variable.map.set(String(index), value)
      return
    }
    if (typeof variable.value !== 'object') variable.value = new Map(variable.value === undefined ? [] : [[0, variable.value]])
    let at = Number(index)
    if (at < 0) at += Math.max(-1, ...variable.value.keys()) + 1
    if (at < 0) throw new FatalFault(`${name}[${index}]: bad array subscript`)
    variable.value.set(at, value)
  }

  /** The variable to write into. @throws FatalFault where it is readonly. */
  writable(name: string): Variable {
    const place = this.resolve(name)
    const variable = this.find(place) ?? this.declare(place, false)
    if (variable.readonly) throw new FatalFault(`${place}: readonly variable`)
    return variable
  }

  shape(variable: Variable, text: string): string {
    if (variable.integer) return String(this.arithmetic(text))
    if (variable.lower) return text.toLowerCase()
    return variable.upper ? text.toUpperCase() : text
  }

  unset(name: string): boolean {
    for (let at = this.scopes.length - 1; at >= 0; at--) {
      const variable = this.scopes[at]!.get(name)
      if (!variable) continue
      if (variable.readonly) return false
      this.scopes[at]!.delete(name)
      return true
    }
    return true
  }

  /** Indexes or keys of an array in order; of a text, `0`. */
  keys(name: string): string[] {
    const variable = this.find(this.resolve(name))
    if (!variable) return []
    if (variable.map) return [...variable.map.keys()]
    if (typeof variable.value === 'object') return sortedIndexes(variable.value).map(String)
    return variable.value === undefined ? [] : ['0']
  }

  elements(name: string): string[] {
    const variable = this.find(this.resolve(name))
    if (!variable) return []
    if (variable.map) return [...variable.map.values()]
    const { value } = variable
    if (typeof value === 'object') return sortedIndexes(value).map((index) => value.get(index)!)
    return value === undefined ? [] : [value]
  }

  element(name: string, index: number | string): string | undefined {
    const variable = this.find(this.resolve(name))
    if (!variable) return undefined
    if (variable.map) return variable.map.get(String(index))
    let at = Number(index)
    if (typeof variable.value !== 'object') return at === 0 || at === -1 ? variable.value : undefined
    if (at < 0) at += Math.max(-1, ...variable.value.keys()) + 1
    return variable.value.get(at)
  }

  unsetElement(name: string, index: number | string): void {
    const variable = this.writable(name)
    if (variable.map) variable.map.delete(String(index))
    else if (typeof variable.value === 'object') variable.value.delete(Number(index))
    else if (Number(index) === 0) variable.value = undefined
  }

  names(): string[] {
    this.onRead?.('')
    return [...new Set(this.scopes.flatMap((scope) => [...scope.keys()]))].sort()
  }

  /** What a child process gets, in the order it was set. */
  environment(): Map<string, string> {
    const env = new Map<string, string>()
    for (const scope of this.scopes) {
      for (const [name, variable] of scope) {
        if (variable.exported && typeof variable.value === 'string') env.set(name, variable.value)
        else env.delete(name)
      }
    }
    return env
  }
}

function copy(variable: Variable): Variable {
  const twin = { ...variable }
  if (typeof variable.value === 'object') twin.value = new Map(variable.value)
  if (variable.map) twin.map = new Map(variable.map)
  return twin
}

function sortedIndexes(array: Map<number, string>): number[] {
  return [...array.keys()].sort((a, b) => a - b)
}
