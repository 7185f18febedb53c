import type { FlagKind } from './flags.js'

const kinds = (entries: readonly (readonly [string, FlagKind])[]): ReadonlyMap<string, FlagKind> => new Map(entries)

const transfer: readonly (readonly [string, FlagKind])[] = [
  ['chown', 'text'],
  ['chmod', 'text'],
  ['link', 'boolean'],
  ['exclude', 'texts'],
]

export const fromFlags = kinds([['platform', 'text']])
export const runFlags = kinds([
  ['device', 'texts'],
  ['mount', 'texts'],
  ['network', 'text'],
  ['security', 'text'],
])
export const copyFlags = kinds([...transfer, ['from', 'text'], ['parents', 'boolean']])
export const addFlags = kinds([...transfer, ['checksum', 'text'], ['keep-git-dir', 'boolean'], ['unpack', 'boolean']])
export const healthcheckFlags = kinds([
  ['interval', 'text'],
  ['timeout', 'text'],
  ['start-period', 'text'],
  ['start-interval', 'text'],
  ['retries', 'text'],
])

/** The flags of each instruction that has any, by its keyword in lower case. */
export const knownFlags: ReadonlyMap<string, ReadonlyMap<string, FlagKind>> = new Map([
  ['add', addFlags],
  ['copy', copyFlags],
  ['from', fromFlags],
  ['healthcheck', healthcheckFlags],
  ['run', runFlags],
])
