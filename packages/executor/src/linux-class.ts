/** The class of everything that runs on a real kernel: runtimes and engines share their results (DESIGN, decision 13). */
export const linuxClass = 'linux'
