export { nodeHost } from './host.js'
export { nodeSupervision } from './supervision.js'
