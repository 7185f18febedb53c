// @ts-check
/** Answers rows of `instructions.jsonl`: what the parser makes of a Dockerfile. */
import { DockerfileSyntaxError, parseDirectives, parseDockerfile, parseInstruction, parseNodes } from '@layerwright/dockerfile'

/** @typedef {import('@layerwright/dockerfile').Instruction} Instruction */
/** @typedef {import('@layerwright/dockerfile').DockerfileNode} DockerfileNode */
/** @typedef {import('@layerwright/dockerfile').SubNode} SubNode */

/** @param {any} row */
export const areaOf = (row) => `instructions/${row.source.kind}`

/**
 * @param {any} row
 * @returns {string | Uint8Array}
 */
export const sourceOf = (row) =>
  row.dockerfileBase64 === undefined ? row.dockerfile : new Uint8Array(Buffer.from(row.dockerfileBase64, 'base64'))

/** @param {any} row */
export function answer(row) {
  const source = sourceOf(row)
  const { directives, syntax } = parseDirectives(source)
  try {
    const { nodes, metaArgs, stages, ...head } = parseDockerfile(source)
    return {
      ok: true,
      ...head,
      nodes: nodes.map(nodeOf),
      metaArgs: metaArgs.map(commandOf),
      stages: stages.map((stage) => ({ ...stage, commands: stage.commands.map(commandOf) })),
      warnings: sorted(head.warnings),
    }
  } catch (error) {
    if (!(error instanceof DockerfileSyntaxError)) throw error
    const { message, line, locations, phase } = error
    const parsed = phase === 'instructions' ? parseNodes(source) : undefined
    return {
      ok: false,
      directives,
      syntax,
      ...(parsed && { escape: parsed.escape, nodes: parsed.nodes.map(nodeOf) }),
      warnings: sorted(error.warnings),
      error: { message, line, ...(locations.length > 0 && { locations }), phase },
    }
  }
}

/** @param {DockerfileNode} node */
const nodeOf = ({ args, ...node }) => ({ ...node, args: args.map(argOf) })

/**
 * @param {string | SubNode} arg
 * @returns {unknown}
 */
const argOf = (arg) => (typeof arg === 'string' ? arg : { ...arg, args: arg.args.map(argOf) })

/** @param {Instruction} command @returns {object} */
function commandOf(command) {
  if (command.name === 'ONBUILD') return { ...command, trigger: triggerOf(command.expression) }
  if (command.name !== 'RUN') return command
  return { ...command, mounts: command.mounts.map(({ raw, parsed, error }) => (error ? { raw, error: error.message } : { raw, parsed })) }
}

/** @param {string} expression @returns {{ command: object } | { error: string }} */
function triggerOf(expression) {
  try {
    return { command: commandOf(parseInstruction(expression)) }
  } catch (error) {
    if (!(error instanceof DockerfileSyntaxError)) throw error
    return { error: error.message }
  }
}

/** @param {readonly import('@layerwright/dockerfile').ParseWarning[]} warnings */
function sorted(warnings) {
  const compare = (/** @type {string} */ a, /** @type {string} */ b) => (a < b ? -1 : a > b ? 1 : 0)
  return [...warnings].sort((a, b) => a.line - b.line || compare(a.rule, b.rule) || compare(a.message, b.message))
}
