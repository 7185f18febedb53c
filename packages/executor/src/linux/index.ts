export { linuxClass } from '../linux-class.js'
export type { BackendName } from './backends.js'
export { detectLinux, type LinuxProblem, type LinuxSupport } from './detect.js'
export { type LinuxExecutorOptions, linuxExecutor } from './executor.js'
