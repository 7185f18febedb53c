/** In CI everything must be there; on a user's machine a missing tool leaves its tests out, and says so. */
export declare const inCI: boolean
/** Says once what is left out, and why. In CI it throws instead: nothing may be left out there. */
export declare function leaveOut(what: string, why: string): undefined
/**
 * The absolute path of a program, looked for on PATH and in sbin; the environment variable LAYERWRIGHT_TOOL_NAME overrides it.
 * Gives undefined where it is missing, after saying so: `it.skipIf(!requireTool('skopeo'))`.
 * @throws in CI where the program is missing
 */
export declare function requireTool(name: string): string | undefined
//# sourceMappingURL=tools.d.ts.map
