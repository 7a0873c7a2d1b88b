import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { requireResource } from "../resource-id.js";
import { isIn } from "../scope.js";
import type { Scope } from "../scope.js";
import { builtInImages } from "./built-in-images.js";
import type { ImageRecord } from "./image-record.js";

/** The caller's own images, and those of everyone. */
export function visibleImages(environment: Ec2Environment, scope: Scope): ImageRecord[] {
  return [...builtInImages(scope.region), ...ownImages(environment, scope)];
}

export function ownImages({ tables }: Ec2Environment, scope: Scope): ImageRecord[] {
  return [...tables.images.values()].filter((image) => isIn(scope, image));
}

export function requireVisibleImage(environment: Ec2Environment, scope: Scope, imageId: string | undefined): ImageRecord {
  return requireResource("image", imageId, (id) => visibleImages(environment, scope).find((image) => image.imageId === id));
}

/** An image that the caller may change: its own. */
export function requireOwnImage(environment: Ec2Environment, scope: Scope, imageId: string | undefined): ImageRecord {
  const image = requireVisibleImage(environment, scope, imageId);
  if (image.accountId !== scope.accountId) throw ec2Error("AuthFailure", `Not authorized for image:${image.imageId}`, 403);
  return image;
}
