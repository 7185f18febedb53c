import { createRequire } from 'node:module'

/** Parts of Node that a short command never uses, each of which takes a millisecond or more to load: they are loaded when something of theirs is used. */
const LATER: ReadonlySet<string> = new Set(
  ['child_process', 'fs/promises', 'net', 'os', 'perf_hooks', 'readline', 'tty', 'worker_threads', 'zlib'].flatMap((name) => [
    name,
    `node:${name}`,
  ]),
)

/** `require` for the bundled program. */
export function lazyRequire(filename: string): (name: string) => unknown {
  const require = createRequire(filename)
  return (name) => (LATER.has(name) ? later(() => require(name) as object) : require(name))
}

/** An object that is loaded when it is looked at. */
function later(load: () => object): object {
  let loaded: object | undefined
  const real = () => {
    loaded ??= load()
    return loaded
  }
  return new Proxy(
    {},
    {
      get: (_, name) => Reflect.get(real(), name),
      has: (_, name) => Reflect.has(real(), name),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, name) => {
        const found = Reflect.getOwnPropertyDescriptor(real(), name)
        return found && { ...found, configurable: true }
      },
    },
  )
}
