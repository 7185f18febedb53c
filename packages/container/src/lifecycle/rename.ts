import type { EngineContext } from '../context.js'
import { ContainerNameConflictError, RenameSameNameError } from '../errors.js'
import { checkContainerName } from '../names.js'
import { NAMES_LOCK } from '../state/locks.js'
import { listContainers } from '../state/records.js'
import { withContainer } from './transaction.js'

/** Gives a container another name, running or not. @throws RenameSameNameError, InvalidContainerNameError, ContainerNameConflictError */
export const renameContainer = (context: EngineContext, reference: string, to: string): Promise<void> =>
  withContainer(
    context,
    reference,
    async (session) => {
      const { id, name } = session.record
      const wanted = checkContainerName(to, context.limits.nameLength)
      if (wanted === name) throw new RenameSameNameError(to)
      const holder = (await listContainers(context.store)).find((other) => other.name === wanted)
      if (holder && holder.id !== id) throw new ContainerNameConflictError(to, holder.id)
      session.update({ name: wanted })
    },
    { locks: [NAMES_LOCK] },
  )
