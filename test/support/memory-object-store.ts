export { MemoryObjectStore } from "../../src/testing/memory-object-store.js";
