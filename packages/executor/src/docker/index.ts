export { type DockerExecutorOptions, dockerExecutor } from './executor.js'
