export { pathologicalDockerfiles, pathologicalIgnoreFiles } from './language/pathological.js'
export { type Cost, type Measured, type MeasureOptions, measureCosts, measurePair, type Timing, type Work } from './measure.js'
export { type BenchReport, type BenchRow, formatReport, meetsGoal, reportLine } from './report.js'
