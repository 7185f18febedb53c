import { type Digest, isDigest } from '@layerwright/digest'
import { isObject } from '../json.js'
import { runConfigFault } from '../run-config.js'
import type { Platform } from '../types.js'
import type { Report } from './report.js'

/** What a config says, as far as it can be read. */
export interface ReadConfig {
  readonly diffIds: readonly (Digest | undefined)[]
  readonly platform: Platform | undefined
}

/** RFC 3339, which is what image-spec config.md asks of dates. */
const DATE = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

/** Every claim of a config that stands on its own (image-spec config.md). */
export function checkConfig(config: Record<string, unknown>, subject: string, report: Report): ReadConfig {
  for (const key of ['os', 'architecture'] as const)
    if (typeof config[key] !== 'string' || config[key] === '') report('CONFIG_PLATFORM', subject, `it names no ${key}`)
  checkDate(config.created, subject, report)
  const fault = runConfigFault(config.config)
  if (fault !== undefined) report('RUN_CONFIG_INVALID', subject, fault)
  const diffIds = readDiffIds(config.rootfs, subject, report)
  checkHistory(config.history, diffIds, subject, report)
  const { os, architecture, variant } = config
  const platform =
    typeof os === 'string' && typeof architecture === 'string'
      ? { os, architecture, ...(typeof variant === 'string' ? { variant } : {}) }
      : undefined
  return { diffIds: diffIds ?? [], platform }
}

function checkDate(value: unknown, subject: string, report: Report): void {
  if (value === undefined || value === null) return
  if (typeof value !== 'string' || !DATE.test(value) || Number.isNaN(Date.parse(value)))
    report('DATE_INVALID', subject, `${JSON.stringify(value)} is no date of RFC 3339`)
}

function readDiffIds(rootfs: unknown, subject: string, report: Report): (Digest | undefined)[] | undefined {
  const ids = isObject(rootfs) ? (rootfs.diff_ids ?? []) : undefined
  if (!isObject(rootfs) || rootfs.type !== 'layers') report('ROOTFS_TYPE', subject, 'its rootfs is not of the type "layers"')
  if (!Array.isArray(ids)) return void report('ROOTFS_INVALID', subject, 'its rootfs lists no diffIDs')
  return ids.map((id: unknown, i) => {
    if (typeof id === 'string' && isDigest(id)) return id
    return void report('DIFF_ID_INVALID', subject, `its diffID ${i} is ${JSON.stringify(id)}, which is not sha256`)
  })
}

function checkHistory(history: unknown, diffIds: readonly unknown[] | undefined, subject: string, report: Report): void {
  if (history === undefined || history === null) return
  if (!Array.isArray(history) || !history.every(isObject)) {
    report('HISTORY_INVALID', subject, 'its history is no list of entries')
    return
  }
  for (const [i, entry] of history.entries()) {
    checkDate(entry.created, `history ${i} of ${subject}`, report)
    const texts = ['created_by', 'author', 'comment'].every((key) => entry[key] === undefined || typeof entry[key] === 'string')
    if (!texts || (entry.empty_layer !== undefined && typeof entry.empty_layer !== 'boolean'))
      report('HISTORY_ENTRY', `history ${i} of ${subject}`, 'its texts are no texts, or its empty_layer is neither true nor false')
  }
  const making = history.filter((entry) => entry.empty_layer !== true).length
  if (diffIds && history.length > 0 && making !== diffIds.length)
    report('HISTORY_COUNT', subject, `its history makes ${making} layers, there are ${diffIds.length} diffIDs`)
}
