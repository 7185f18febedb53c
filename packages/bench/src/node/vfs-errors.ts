/** A program that is compared with could not be run. */
export class ToolFailedError extends Error {
  override readonly name = 'ToolFailedError'
  readonly code = 'TOOL_FAILED'
  readonly hint = 'install it, or leave this bench out'
  constructor(tool: string, output: string) {
    super(`${tool} did not do its work: ${output.trim().slice(-500)}`)
  }
}
