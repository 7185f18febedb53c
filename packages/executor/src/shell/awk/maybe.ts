/**
 * Most of a program needs no waiting, and runs at full speed; `getline`, `system`, `close` and full buffers do. So everything that is
 * evaluated gives its result or a promise of it, and these join the two.
 */
export type Maybe<T> = T | Promise<T>

export function after<T, R>(value: Maybe<T>, then: (value: T) => Maybe<R>): Maybe<R> {
  return value instanceof Promise ? value.then(then) : then(value)
}
