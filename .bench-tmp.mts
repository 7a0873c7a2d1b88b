import { createHash, createHmac } from "node:crypto";
import { fork } from "node:child_process";
import { Readable } from "node:stream";
import * as ebs from "@aws-sdk/client-ebs";
import * as s3 from "@aws-sdk/client-s3";
import { LocalClock } from "/work/main/src/local/local-clock.ts";
import { Authorizer } from "/work/main/src/local/wire/authorizer.ts";
import { CallLog } from "/work/main/src/local/wire/call-log.ts";
import { Faults } from "/work/main/src/local/wire/faults/faults.ts";
import { SigningKeys } from "/work/main/src/local/wire/sigv4/signing-key.ts";
import { WireServer } from "/work/main/src/local/wire/wire-server.ts";
import { Pool } from "undici";
const SECRET="s";
if (process.argv[2]==="server") {
  const block=Buffer.alloc(524288,7), digest=createHash("sha256").update(block).digest("base64"); const big=Buffer.alloc(32<<20,1);
  const read=async(b:any)=>{let n=0; for await(const c of b) n+=c.length; return n;};
  const server=new WireServer({calls:new CallLog(),services:[
   {signingName:"ebs",protocol:"restJson",apiVersion:"",schemas:ebs as any,operations:{
     GetSnapshotBlock: (async()=>({BlockData:block,DataLength:524288,Checksum:digest,ChecksumAlgorithm:"SHA256"})) as any,
     PutSnapshotBlock: (async(i:any)=>{await read(i.BlockData);return{Checksum:digest}}) as any}},
   {signingName:"s3",protocol:"restXml",apiVersion:"",schemas:s3 as any,operations:{
     PutObject:(async(i:any)=>{await read(i.Body);return{ETag:'"x"'}}) as any, GetObject:(async()=>({Body:Readable.from((function*(){for(let o=0;o<big.length;o+=262144) yield big.subarray(o,o+262144)})(),{objectMode:false}),ContentLength:big.length})) as any}}],
   environment:{clock:new LocalClock(),regions:["eu-west-1"],faults:new Faults(),authorizer:new Authorizer(()=>true),keys:new SigningKeys(),credentials:{find:(k)=>({accessKeyId:k,secretAccessKey:SECRET,principal:{accountId:"111122223333",arn:"x"}})}}});
  await server.listen(0); process.send!(server.endpoint);
  process.on("message",()=>{process.send!(process.cpuUsage())});
} else {
  const child=fork(process.argv[1]!,["server"],{execArgv:process.execArgv});
  const endpoint:string=await new Promise(r=>child.once("message",r as any));
  const cpu=()=>new Promise<any>(r=>{child.once("message",r as any);child.send("x")});
  const host=endpoint.slice(7);
  const h=(k:any,d:string)=>createHmac("sha256",k).update(d).digest();
  function sign(method:string,path:string,query:string,service:string,extra:Record<string,string>={}){
    const d=new Date().toISOString().replace(/[-:]|\.\d{3}/g,""); const day=d.slice(0,8);
    const headers:Record<string,string>={host,"x-amz-content-sha256":"UNSIGNED-PAYLOAD","x-amz-date":d,...extra};
    const names=Object.keys(headers).sort(); const c=`${method}\n${path}\n${query}\n${names.map(n=>`${n}:${headers[n]}\n`).join("")}\n${names.join(";")}\nUNSIGNED-PAYLOAD`;
    const scope=`${day}/eu-west-1/${service}/aws4_request`;
    const key=h(h(h(h("AWS4"+SECRET,day),"eu-west-1"),service),"aws4_request");
    const sig=h(key,`AWS4-HMAC-SHA256\n${d}\n${scope}\n${createHash("sha256").update(c).digest("hex")}`).toString("hex");
    return {...headers,authorization:`AWS4-HMAC-SHA256 Credential=AK/${scope}, SignedHeaders=${names.join(";")}, Signature=${sig}`};
  }
  const pool=new Pool(endpoint,{connections:16});
  async function run(name:string,n:number,conc:number,one:(i:number)=>Promise<void>){
    for(let i=0;i<Math.min(20,n);i++) await one(i);
    const c0=await cpu(), t0=performance.now(); let i=0;
    await Promise.all(Array.from({length:conc},async()=>{while(i<n) await one(i++)}));
    const dt=(performance.now()-t0)/1000, c1=await cpu(); const cs=((c1.user+c1.system)-(c0.user+c0.system))/1e6;
    console.log(name,(n/dt).toFixed(0),"req/s; server CPU ms/req",(cs*1000/n).toFixed(2),"=> per core",(n/cs).toFixed(0));
  }
  const sink=async(r:any)=>{ for await(const _ of r.body); if(r.statusCode>=300) throw new Error(String(r.statusCode)); };
  await run("GetSnapshotBlock",3000,16,async i=>sink(await pool.request({method:"GET",path:`/snapshots/snap-1/blocks/${i}?blockToken=abc`,headers:sign("GET",`/snapshots/snap-1/blocks/${i}`,"blockToken=abc","ebs")})));
  const body=Buffer.alloc(524288,7);
  await run("PutSnapshotBlock unsigned",2000,16,async i=>sink(await pool.request({method:"PUT",path:`/snapshots/snap-1/blocks/${i}`,body,headers:sign("PUT",`/snapshots/snap-1/blocks/${i}`,"","ebs",{"x-amz-checksum":"a","x-amz-checksum-algorithm":"SHA256","x-amz-data-length":"524288"})})));
  const big=Buffer.alloc(32<<20,1);
  await run("PutObject 32MiB",40,4,async i=>sink(await pool.request({method:"PUT",path:`/b/k`,body:big,headers:sign("PUT",`/b/k`,"","s3")})));
  await run("GetObject 32MiB",40,4,async i=>sink(await pool.request({method:"GET",path:`/b/k`,headers:sign("GET",`/b/k`,"","s3")})));
  child.kill(); await pool.destroy();
}
