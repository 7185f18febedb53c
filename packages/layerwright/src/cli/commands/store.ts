import { keepPolicy, setKeepPolicy } from '@layerwright/store'
import { enforceCap } from '../../collect.js'
import { type Fault, verifyStore } from '../../verify.js'
import { UsageError } from '../errors.js'
import { printJson } from '../output.js'
import { type PolicyFlags, readPolicy } from '../policy-flags.js'
import { type CommandLike, type GlobalOptions, openUserStore } from '../store.js'
import { humanBytes } from '../words.js'

/** `layerwright store policy`: shows what the store is to hold, or says it, for every build into it from now on. */
export async function storePolicyCommand(_flags: unknown, command: CommandLike): Promise<void> {
  const flags = command.optsWithGlobals() as GlobalOptions & PolicyFlags & { none?: boolean }
  const store = await openUserStore(flags)
  const policy = readPolicy(flags)
  if (policy && flags.none) throw new UsageError('--none and a policy say different things', 'give one of them')
  if (policy && policy.maxBytes === undefined)
    throw new UsageError('a policy of a store needs a cap', 'add --cap SIZE: what the other flags keep goes last when the cap is reached')
  if (policy || flags.none) await setKeepPolicy(store, policy)
  if (policy) await enforceCap(store)
  printJson((await keepPolicy(store)) ?? null)
}

/** `layerwright store verify`: reads everything, and names all that is wrong. */
export async function storeVerifyCommand(_flags: unknown, command: CommandLike): Promise<number> {
  const flags = command.optsWithGlobals() as GlobalOptions & { repair?: boolean; json?: boolean }
  const store = await openUserStore(flags)
  const { faults, blobs, bytes } = await verifyStore(store, { repair: flags.repair ?? false })
  const left = faults.filter(({ repaired }) => !repaired)
  if (flags.json) printJson({ blobs, bytes, faults })
  else {
    for (const fault of faults) console.log(lineOf(fault))
    console.log(
      `${blobs} blobs, ${humanBytes(bytes)}: ${faults.length === 0 ? 'all right' : `${faults.length} faults, ${left.length} left`}`,
    )
    if (left.some(({ code }) => code !== 'STRAY_FILE') && !flags.repair) console.log('next: layerwright store verify --repair')
  }
  return left.length > 0 ? 1 : 0
}

const lineOf = ({ code, subject, message, repaired }: Fault): string => `${code} ${subject}: ${message}${repaired ? ' (repaired)' : ''}`
