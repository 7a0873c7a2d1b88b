import { isBlockDevice, RawDeviceWriter } from "../adapters/directory/raw-device-writer.js";
import { RawImageWriter } from "../adapters/directory/raw-image-writer.js";
import type { ImageFiles } from "../restore/image-files.js";
import type { RestoreOptions } from "../restore/restore-options.js";
import { Restore as CoreRestore, type RestoreEnvironment } from "../restore/restore.js";

const rawImages: ImageFiles = { create: async (request) => ((await isBlockDevice(request.path)) ? await RawDeviceWriter.open(request) : await RawImageWriter.open(request)) };

/**
 * Gives back what restore points hold: as new volumes, or as raw disk images.
 *
 * @example
 * const restore = new Restore({ repository, account });
 * const { volumeId } = await restore.volume(point, { volume: "vol-0def", availabilityZone: "eu-west-1a" });
 */
export class Restore extends CoreRestore {
  constructor(options: RestoreOptions, environment: Partial<RestoreEnvironment> = {}) {
    super(options, { ...environment, imageFiles: environment.imageFiles ?? rawImages });
  }
}
