/** Programs of the machine that some tests compare with. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
/** In CI everything must be there; on a user's machine a missing tool leaves its tests out, and says so. */
export const inCI = Boolean(process.env.CI)
/** System programs lie in sbin, which is not on everybody's PATH. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean)
const said = new Set()
/** Says once what is left out, and why. In CI it throws instead: nothing may be left out there. */
export function leaveOut(what, why) {
  if (inCI) throw new Error(`${why}: in CI this is a failure (${what})`)
  const line = `left out: ${what} (${why})`
  if (!said.has(line)) console.warn(line)
  said.add(line)
  return undefined
}
/**
 * The absolute path of a program, looked for on PATH and in sbin; the environment variable LAYERWRIGHT_TOOL_NAME overrides it.
 * Gives undefined where it is missing, after saying so: `it.skipIf(!requireTool('skopeo'))`.
 * @throws in CI where the program is missing
 */
export function requireTool(name) {
  const override = process.env[`LAYERWRIGHT_TOOL_${name.toUpperCase().replaceAll('-', '_')}`]
  const found = (override ? [override] : FOLDERS.map((folder) => join(folder, name))).find(isProgram)
  return found ?? leaveOut(`tests with ${name}`, `${name} is not installed`)
}
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
//# sourceMappingURL=tools.js.map
