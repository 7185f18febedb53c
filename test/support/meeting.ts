/**
 * A place where so many meet: whoever comes waits for the others. Shows that things happen side by side without waiting for so long that
 * they should have: one after another, they would wait for ever.
 */
export function meeting(count: number): () => Promise<void> {
  let come = 0
  let open: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    open = resolve
  })
  return () => {
    if (++come === count) open()
    return all
  }
}
