/**
 * Version of the command pack. Results of a RUN are cached under it: raise it with every change that can make a command leave
 * other files or other output.
 */
export const commandPackVersion = '4'

/** The executor class of the simulated shell: what keys hold, for callers that do not want to load the shell to know it. */
export const shellClass = `shell/${commandPackVersion}`
