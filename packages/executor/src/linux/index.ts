export type { BackendName } from './backends.js'
export { detectLinux, type LinuxProblem, type LinuxSupport } from './detect.js'
export { type LinuxExecutorOptions, linuxClass, linuxExecutor } from './executor.js'
