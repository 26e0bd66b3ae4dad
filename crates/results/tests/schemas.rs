//! The JSON schemas in `docs/json-schema` are those of the types. After a change that is meant:
//! `UPDATE_SCHEMAS=1 cargo nextest run -p predilect-results`, and where a field went or means something else, raise `SCHEMA`.

use std::path::{Path, PathBuf};

use predilect_results::asked::{AnnotatorRun, CallPlan, Check, JudgeRun, Probe, RaterValidity};
use predilect_results::browse::{Histogram, LabelJson, LiveDissectJson, PairsPage};
use predilect_results::steering::SteerJson;
use predilect_results::training::{LossesJson, RankingJson, TrainJson};
use predilect_results::verifying::VerifyJson;
use predilect_results::{
    Answer, CompareJson, DissectJson, ExplainJson, FitJson, FormatsJson, PreviewJson, PublishedRewards,
    RankJson, RankLcJson, VersusJson, Written,
};
use predilect_types::ReadSummary;
use schemars::{JsonSchema, schema_for};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/json-schema")
}

fn holds<T: JsonSchema>(name: &str) {
    let mut schema = schema_for!(T);
    schema.insert("title".to_owned(), format!("predilect {name}").into());
    let schema = serde_json::to_string_pretty(&schema).expect("a schema") + "\n";
    let path = folder().join(format!("{name}.json"));
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(folder()).expect("a folder");
        std::fs::write(&path, schema).expect("written");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == schema, "{} is not the schema of its type: see the head of this test", path.display());
}

/// Of one model a result, of several a list.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum OneOrSeveral<T> {
    One(Written<T>),
    Several(Vec<Written<T>>),
}

#[test]
fn are_those_of_the_types() {
    holds::<Written<DissectJson>>("dissect");
    holds::<Written<VersusJson>>("dissect-versus");
    holds::<Written<PublishedRewards>>("dissect-published");
    holds::<Written<CompareJson>>("compare");
    holds::<Written<RankJson>>("rank");
    holds::<Written<RankLcJson>>("rank-lc");
    holds::<Written<ExplainJson>>("explain");
    holds::<Written<FitJson>>("fit");
    holds::<Written<Answer>>("answer");
    holds::<Written<ReadSummary>>("import");
    holds::<Written<PreviewJson>>("import-preview");
    holds::<Written<FormatsJson>>("formats");
    holds::<Vec<Written<Check>>>("doctor");
    holds::<OneOrSeveral<JudgeRun>>("judge");
    holds::<Vec<Written<Probe>>>("judge-probe");
    holds::<Written<AnnotatorRun>>("annotate");
    holds::<Vec<Written<RaterValidity>>>("validity");
    holds::<Vec<Written<CallPlan>>>("dry-run");
    holds::<Written<LiveDissectJson>>("live-dissect");
    holds::<Written<PairsPage>>("live-pairs");
    holds::<Written<Histogram>>("live-histogram");
    holds::<Written<LabelJson>>("live-label");
    holds::<Written<SteerJson>>("steer");
    holds::<Written<VerifyJson>>("verify");
    holds::<Written<TrainJson>>("train");
    holds::<Written<LossesJson>>("train-losses");
    holds::<Written<RankingJson>>("ranking-accuracy");
}
