/**
 * Makes an action that is loaded when its command is called. It gives the exit status; one that gives nothing ends with 0.
 */
export type Lazy = <Args extends unknown[]>(
  load: () => Promise<(...args: Args) => Promise<number> | Promise<void>>,
) => (...args: Args) => Promise<void>

/** For flags that may be repeated. */
export const collect = (value: string, all: string[]): string[] => [...all, value]
