/** A command's action. It gives the exit status, 0 when it gives nothing. */
export type Action = (...args: never[]) => Promise<unknown>

/** Makes an action that is loaded when its command is called. */
export type Lazy = (load: () => Promise<Action>) => (...args: unknown[]) => Promise<void>

/** For flags that may be repeated. */
export const collect = (value: string, all: string[]): string[] => [...all, value]
