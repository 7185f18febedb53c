import type { EngineContext } from '../context.js'
import { AmbiguousContainerError, NoSuchContainerError } from '../errors.js'
import { isFullId } from '../names.js'
import { containerIds, listContainers, readContainer } from './records.js'

/**
 * The id of the container that a user names: by id, by name, or by the beginning of its id.
 * @throws NoSuchContainerError, AmbiguousContainerError
 */
export async function findContainer({ store }: EngineContext, reference: string): Promise<string> {
  const bare = reference.startsWith('/') ? reference.slice(1) : reference
  if (isFullId(bare) && (await readContainer(store, bare))) return bare
  const named = (await listContainers(store)).find(({ name }) => name === bare)
  if (named) return named.id
  // prefix-ok: hex digits of an id, no path
  const begun = /^[0-9a-f]+$/.test(bare) ? (await containerIds(store)).filter((id) => id.slice(0, bare.length) === bare) : []
  if (begun.length > 1) throw new AmbiguousContainerError(bare, begun)
  if (begun.length === 0) throw new NoSuchContainerError(reference)
  return begun[0]!
}
