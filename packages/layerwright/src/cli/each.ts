import { reportError } from './errors.js'

/**
 * Does one thing for each name, as Docker does: a failure is reported, and the others follow all the same. Gives the exit status, 1 where something failed.
 * @param forgive what is reported and is no failure: something missing that was to be removed by force
 */
export async function each(
  names: readonly string[],
  work: (name: string) => Promise<void>,
  forgive: (error: unknown) => boolean = () => false,
): Promise<number> {
  let status = 0
  for (const name of names) {
    try {
      await work(name)
    } catch (error) {
      reportError(error)
      if (!forgive(error)) status = 1
    }
  }
  return status
}

/** Whether nothing of that name is there. */
export const isMissing = (error: unknown): boolean => {
  const { code } = error as { code?: unknown }
  return code === 'NO_SUCH_CONTAINER' || code === 'NO_SUCH_IMAGE' || code === 'NO_SUCH_VOLUME'
}
