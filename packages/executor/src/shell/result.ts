/** What a command gives back: its status, or nothing where it just ends. */
// biome-ignore lint/suspicious/noConfusingVoidType: most commands end without a word, and an arrow without a return says so best
export type Result = number | void | Promise<number | void>
