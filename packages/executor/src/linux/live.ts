/**
 * The files of a sandbox as its command sees them now, mounts included: by the command's root in /proc. What is in there belongs to a program that may be hostile and runs
 * meanwhile, so it is only ever reached component by component, through a folder that is rooted there (S12, S31).
 */
import { readFileSync } from 'node:fs'
import { hostFolder } from '@layerwright/vfs/node'
import { ExecutorUnavailableError } from '../errors.js'
import type { LiveFiles } from '../types.js'
import type { Handle } from './handle.js'
import { isRootless } from './ids.js'
import { folderInNamespace } from './namespace-folder.js'
import { commandAt, type Place } from './processes.js'
import type { Sandbox } from './run.js'

/** @throws ExecutorUnavailableError where it does not run any more */
export function liveFiles({ backends, ids, folder: scratch }: Sandbox, { wrapper, backend: name }: Handle): LiveFiles {
  const found = backends.find(({ backend }) => backend.name === name)
  const place: Place | undefined = found && { wrapper, program: found.program, nested: found.backend.hasOwnInit, ids }
  const pid = place && commandAt(place)
  if (pid === undefined) throw new ExecutorUnavailableError('the command whose files are wanted has ended')
  const root = `/proc/${pid}/root`
  const folder = isRootless(ids) ? folderInNamespace(root, { ids, of: wrapper, scratch }) : hostFolder(root)
  try {
    const mountPoints = new Set(readMountPoints(pid))
    // It is still the one whose number that was when it was opened.
    if (commandAt(place!) !== pid) throw new ExecutorUnavailableError('the command whose files are wanted has ended')
    return { source: folder, mountPoints, close: () => folder.close() }
  } catch (error) {
    folder.close()
    throw error
  }
}

/** proc(5), mountinfo: the fifth field, blanks and the like written in octal. */
const readMountPoints = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))))
