import type { KeepPolicy } from '@layerwright/store'
import type { Command } from 'commander'
import { collect } from './program/lazy.js'
import { readDuration, readSize } from './quantities.js'

/** Flags of commands that say what a store is to hold. */
export interface PolicyFlags {
  readonly cap?: string
  readonly keepRecent?: string
  readonly keepTag: string[]
  readonly keepStage: string[]
}

export const addPolicyFlags = (command: Command): Command =>
  command
    .option('--cap <size>', 'bytes that the store may take on the disk, as 10GB; what was not used for longest goes first')
    .option('--keep-recent <duration>', 'keep what was used within 90s, 30m, 12h or 7d')
    .option('--keep-tag <name>', 'keep the steps of the latest build of images with this name (app:main, app:*); repeatable', collect, [])
    .option('--keep-stage <name>', 'keep the steps of stages with this name; repeatable', collect, [])

/** undefined: none of the flags was given. @throws UsageError */
export function readPolicy({ cap, keepRecent, keepTag, keepStage }: PolicyFlags): KeepPolicy | undefined {
  if (cap === undefined && keepRecent === undefined && keepTag.length === 0 && keepStage.length === 0) return undefined
  return {
    ...(cap === undefined ? {} : { maxBytes: readSize('cap', cap) }),
    ...(keepRecent === undefined ? {} : { keepRecentMs: readDuration('keep-recent', keepRecent) }),
    ...(keepTag.length === 0 ? {} : { keepTags: keepTag }),
    ...(keepStage.length === 0 ? {} : { keepStages: keepStage }),
  }
}
