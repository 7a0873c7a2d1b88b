import { RawImageReader } from "../adapters/directory/raw-image-reader.js";
import { ImageBackup as CoreImageBackup, type ImageBackupEnvironment } from "../image/image-backup.js";
import type { ImageBackupOptions } from "../image/image-backup-options.js";
import type { ImageSources } from "../image/image-sources.js";

const localImages: ImageSources = { open: (path, options) => RawImageReader.open(path, options) };

/**
 * Backs up a raw disk image, a file or a block device that is no EBS volume, into a repository.
 *
 * @example
 * const backup = new ImageBackup({ repository, name: "db-1/data", path: "/dev/vg0/data-snapshot" });
 * const { point } = await backup.run();
 */
export class ImageBackup extends CoreImageBackup {
  constructor(options: ImageBackupOptions, environment: Partial<ImageBackupEnvironment> = {}) {
    super(options, { ...environment, imageSources: environment.imageSources ?? localImages });
  }
}
