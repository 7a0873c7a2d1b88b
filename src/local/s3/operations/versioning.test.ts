import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ServiceError } from "../../service.js";
import { S3Bed, readBody } from "../testing/s3-bed.js";
import { putBucketVersioning } from "./bucket/versioning.js";
import { deleteObject } from "./delete-object.js";
import { getObject, headObject } from "./get-object.js";
import { listObjectVersions } from "./list-object-versions.js";
import { putObject } from "./put-object.js";

const Bucket = "versions";
let bed: S3Bed;

beforeEach(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket);
});
afterEach(() => bed.close());

const put = (text: string) => bed.call(putObject, { Bucket, Key: "k", Body: Buffer.from(text) });
const setVersioning = (Status: "Enabled" | "Suspended") => bed.call(putBucketVersioning, { Bucket, VersioningConfiguration: { Status } });
const read = async (VersionId?: string) => (await readBody((await bed.call(getObject, { Bucket, Key: "k", VersionId })).Body)).toString();

describe("versioning", () => {
  it("keeps every version and shows the newest", async () => {
    expect((await put("unversioned")).VersionId).toBeUndefined();
    await setVersioning("Enabled");
    const { VersionId: first } = await put("first");
    const { VersionId: second } = await put("second");
    await bed.restart();
    expect(await read()).toBe("second");
    expect(await read(first)).toBe("first");
    expect(await read("null")).toBe("unversioned");
    await bed.call(deleteObject, { Bucket, Key: "k", VersionId: second });
    expect(await read()).toBe("first");
  });

  it("replaces the null version while it is suspended", async () => {
    await setVersioning("Enabled");
    const { VersionId: kept } = await put("kept");
    await setVersioning("Suspended");
    expect((await put("null one")).VersionId).toBe("null");
    await put("null two");
    const { Versions: versions } = await bed.call(listObjectVersions, { Bucket });
    expect(versions?.map((version) => version.VersionId)).toEqual(["null", kept]);
    expect(await bed.call(deleteObject, { Bucket, Key: "k" })).toEqual({ VersionId: "null", DeleteMarker: true });
    const { DeleteMarkers: markers, Versions: left } = await bed.call(listObjectVersions, { Bucket });
    expect(markers?.map((marker) => marker.VersionId)).toEqual(["null"]);
    expect(left?.map((version) => version.VersionId)).toEqual([kept]);
  });

  it("answers for delete markers: 404 as the current one, 405 by name, and away by their own deletion", async () => {
    await setVersioning("Enabled");
    await put("text");
    const { VersionId: marker } = await bed.call(deleteObject, { Bucket, Key: "k" });
    const asCurrent = await bed.call(headObject, { Bucket, Key: "k" }).catch((error: unknown) => error);
    expect(asCurrent).toMatchObject({ code: "NoSuchKey", status: 404, members: { DeleteMarker: true, VersionId: marker } });
    const byName = await bed.call(getObject, { Bucket, Key: "k", VersionId: marker }).catch((error: unknown) => error);
    expect(byName).toBeInstanceOf(ServiceError);
    expect(byName).toMatchObject({ code: "MethodNotAllowed", status: 405, members: { DeleteMarker: true } });
    expect(await bed.call(deleteObject, { Bucket, Key: "k", VersionId: marker })).toEqual({ VersionId: marker, DeleteMarker: true });
    expect(await read()).toBe("text");
  });

  it("tells an unknown version from an impossible one, and deletes an unknown one without complaint", async () => {
    await setVersioning("Enabled");
    await put("text");
    expect(await bed.refusal(getObject, { Bucket, Key: "k", VersionId: "unknown" })).toBe("404 NoSuchVersion");
    expect(await bed.refusal(getObject, { Bucket, Key: "k", VersionId: "im possible" })).toBe("400 InvalidArgument");
    expect(await bed.refusal(deleteObject, { Bucket, Key: "k", VersionId: "unknown" })).toBe("succeeded");
  });
});
