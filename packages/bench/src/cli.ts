#!/usr/bin/env node
/** `layerwright-bench NAME`: prints a table and, as its last line, the same as JSON. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type BenchReport, formatReport, meetsGoal, reportLine } from './index.js'
import {
  benchBuild,
  benchCache,
  benchFleet,
  benchLanguage,
  benchSandbox,
  benchShell,
  benchStore,
  benchTransfer,
  benchVfs,
  type NodeApp,
  type SandboxPart,
  sandboxParts,
  UnknownPartError,
} from './node/index.js'

interface Flags {
  readonly corpus?: string | undefined
  readonly workload?: string[] | undefined
  readonly dir?: string | undefined
  readonly scale?: string | undefined
  readonly part?: string[] | undefined
}

/** Beside the repository, where the public data lies, else what comes with it. */
const CORPORA = ['../shared/oracle', 'test/data/oracle']

/** Where the command line's bundle lies in the repository. */
const COMMAND_LINE = 'packages/layerwright/dist/cli.cjs'

/** The comparison with other builders of a real application, where there is the repository. */
const NODE_APP = 'test/real/node-app.mjs'

async function loadNodeApp(): Promise<NodeApp> {
  const { measureNodeApp } = (await import(pathToFileURL(NODE_APP).href)) as { measureNodeApp: NodeApp }
  return measureNodeApp
}

function sandboxPart(name: string): SandboxPart {
  const part = sandboxParts.find((one) => one === name)
  if (!part) throw new UnknownPartError(name, sandboxParts)
  return part
}

const benches: ReadonlyMap<string, (flags: Flags) => Promise<BenchReport>> = new Map([
  ['language', ({ corpus }: Flags) => benchLanguage({ corpus: corpus === undefined ? CORPORA : [corpus] })],
  ['shell', ({ scale }: Flags) => benchShell({ rounds: 7, warmUp: 1, files: Math.round(30_000 * Number(scale ?? 1)) })],
  ['vfs', () => benchVfs({ rounds: 7, warmUp: 2 })],
  [
    'build',
    ({ workload, dir, scale }: Flags) => {
      const cli = existsSync(COMMAND_LINE) ? COMMAND_LINE : undefined
      return benchBuild({
        ...(workload === undefined ? {} : { workloads: workload }),
        ...(dir === undefined ? {} : { dir }),
        ...(scale === undefined ? {} : { scale: Number(scale) }),
        ...(cli === undefined ? {} : { cli }),
      })
    },
  ],
  [
    'sandbox',
    async ({ dir, scale, part }: Flags) => {
      const nodeApp = (part ?? sandboxParts).includes('node-app') && existsSync(NODE_APP) ? await loadNodeApp() : undefined
      return benchSandbox({
        ...(dir === undefined ? {} : { dir }),
        ...(scale === undefined ? {} : { scale: Number(scale) }),
        ...(part === undefined ? {} : { parts: part.map(sandboxPart) }),
        nodeApp,
      })
    },
  ],
  [
    'fleet',
    ({ dir, scale }: Flags) =>
      benchFleet({ ...(dir === undefined ? {} : { dir }), ...(scale === undefined ? {} : { commits: Math.ceil(40 * Number(scale)) }) }),
  ],
  [
    'cache',
    async ({ scale }: Flags) => ({
      bench: 'cache',
      runtime: `node ${process.version}`,
      rows: [
        ...(await benchCache({ rounds: 7, warmUp: 2, scale: Number(scale ?? 1) })),
        ...(await benchStore({ records: Math.ceil(10_000 * Number(scale ?? 1)), rounds: 5, warmUp: 1 })),
      ],
    }),
  ],
  [
    'transfer',
    ({ dir, scale }: Flags) =>
      benchTransfer({ ...(dir === undefined ? {} : { dir }), ...(scale === undefined ? {} : { scale: Number(scale) }) }),
  ],
])

const USAGE = `usage: layerwright-bench ${[...benches.keys()].join(' | ')} [--corpus DIR] [--workload NAME]… [--part NAME]… [--dir DIR] [--scale N] [--enforce]`

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      corpus: { type: 'string' },
      workload: { type: 'string', multiple: true },
      part: { type: 'string', multiple: true },
      dir: { type: 'string' },
      scale: { type: 'string' },
      enforce: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const bench = benches.get(positionals[0] ?? '')
  if (!bench || positionals.length !== 1) {
    console.error(USAGE)
    return values.help ? 0 : 2
  }
  const report = await bench(values)
  console.log(formatReport(report))
  const missed = report.rows.filter((row) => !meetsGoal(row))
  if (missed.length > 0) console.log(`\ngoals missed: ${missed.map(({ name }) => name).join(', ')}`)
  console.log(`\n${reportLine(report)}`)
  return values.enforce && missed.length > 0 ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const { message, hint } = error as { message?: string; hint?: string }
  console.error(`error: ${message ?? String(error)}${hint ? `\nnext: ${hint}` : `\n${USAGE}`}`)
  process.exitCode = 2
}
