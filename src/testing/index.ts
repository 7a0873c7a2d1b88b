/**
 * For tests of your own: conformance suites for the ports, stores that fail on demand, time and chance in a test's hand.
 *
 * @module holdfast/testing
 */

// The contracts of the ports, as tests for any implementation and any test framework.
export { objectStoreConformance, type ObjectStoreConformanceOptions } from "./object-store-conformance.js";
export { objectVersionsConformance, type ObjectVersionsConformanceOptions, type StoreTime } from "./object-versions-conformance.js";
export { blockReaderConformance, type BlockReaderConformanceOptions, type BlockReaderContent, type OpenedBlockReader } from "./block-reader-conformance.js";
export { blockWriterConformance, type BlockWriterConformanceOptions, type OpenedBlockWriter } from "./block-writer-conformance.js";
export { notifierConformance, type NotifierConformanceOptions, type OpenedNotifier, type ReceivedNotification } from "./notifier-conformance.js";
export { blockOf, type BlockContent } from "./block-content.js";

// Stores for tests: in memory, failing on demand, counting.
export { MemoryObjectStore, type MemoryObjectStoreOptions } from "./memory-object-store.js";
export { FaultInjectingObjectStore, type StoreFault, type StoreFaultKind, type StoreFaultTarget } from "../adapters/decorators/fault-injecting-object-store.js";
export { MeasuringObjectStore, type StoreMeasure } from "../adapters/decorators/measuring-object-store.js";
export { ObjectStoreDecorator } from "../adapters/decorators/object-store-decorator.js";
export type { ListedEntry, OpenListing, StoreCall, StoreOperation } from "../adapters/decorators/store-operation.js";

// Time and chance in a test's hand.
export { FakeClock } from "./fake-clock.js";
export { SeededRandom } from "./seeded-random.js";
