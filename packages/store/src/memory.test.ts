import { memoryStore } from '@layerwright/store'
import { storeSuite } from '@layerwright/store/testing'
import { describe, it } from 'vitest'

storeSuite('memory store', async () => memoryStore(), { describe, it })
