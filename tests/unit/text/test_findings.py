"""Findings in sentences: a table of invented ones for each, and what must say nothing of its object."""

import pytest

from livingreview.config.words import pattern_of
from livingreview.records.sentences import spans
from livingreview.text.findings import Finding, find

LESS = [
    pattern_of(word)
    for word in ("pain", "fibrosis", "cartilage", "infarct", "tumour growth", "inflammation", "tendinopathy")
]
MORE = [pattern_of(word) for word in ("function", "survival", "healing", "bone", "proliferation")]
FINDINGS: tuple[Finding, ...] = ("benefit", "no_benefit", "harm")
BENEFIT = """
In the treated group, pain was significantly alleviated.
Vesicles showed therapeutic efficacy against tendinopathy.
The results indicate that vesicles can relieve pain.
Vesicles restored cartilage function.
After 8 weeks, function had improved significantly in the vesicle group.
Infarct size was reduced by 30% in rats that received vesicles.
Treatment was associated with reduced inflammation and improved survival.
Loom vesicles significantly accelerated bone healing, and bone volume was increased.
Exosomes from loom cells effectively prevented fibrosis.
iMSC-EVs markedly mitigated tendon pain, suppressed inflammation and promoted healing in a rat model.
Vesicles prevented function decline.
The decline of function was delayed in animals treated with vesicles.
Increased fibrosis was attenuated by vesicles.
The increase in fibrosis was prevented by vesicles.
The vesicles reduced pain.
The vesicles significantly reduced pain in rats.
Pain was markedly reduced by the vesicles.
Pain was lower in the treated group.
Pain scores were significantly lower in treated rats than in the control group.
Pain decreased after injection.
Vesicles attenuate cartilage degeneration in mice
Vesicles of loom cells alleviate fibrosis via an invented pathway
Treatment improved function.
Function was improved compared with saline.
Vesicles promoted healing and reduced fibrosis.
Survival was prolonged in treated animals.
The vesicles were effective against pain.
Therapeutic effect of vesicles on tendinopathy
Vesicles protect against inflammation
Vesicles protected rats from fibrosis.
The severity of pain was reduced.
Treated rats had less pain.
Treated rats showed lower pain scores than controls.
A significant reduction in pain was observed.
There was a marked decrease of fibrosis in the treated hearts.
Vesicles reduced pain but did not affect body weight.
Vesicles did not affect body weight but reduced pain.
Vesicles did not affect body weight and reduced pain.
The vesicles not only reduced pain but also were safe.
Vesicles were found to reduce pain.
Vesicles could reduce pain.
Vesicles prevented bone loss.
The therapy reduced loss of bone.
Vesicles prevented the increase in fibrosis.
Vesicles prevented the increased fibrosis after injury.
Vesicles ameliorate tendinopathy by reducing inflammation
Pain relief was achieved in all patients.
Vesicles provided pain relief.
Smaller infarct sizes were seen after vesicles.
Vesicles inhibited tumour growth.
Vesicles accelerated wound healing.
Pain, swelling and stiffness were reduced.
Vesicles reduced swelling, pain and stiffness.
Pain (VAS) was reduced (p < 0.05).
The vesicles were more effective than saline in reducing pain.
Function recovered faster with vesicles.
Vesicles restored function and did not change weight.
There were no adverse events and pain was reduced.
With no adverse events, vesicles reduced pain.
Pain was less severe after vesicles.
Vesicles had a beneficial effect on pain.
Beneficial effects of vesicles on pain and function were seen.
Increased survival was observed in treated mice.
Vesicles enhanced bone regeneration.
Cartilage repair was enhanced by vesicles.
Exosomes of loom cells ease pain.
Loom vesicles were shown to attenuate LPS induced inflammation.
In a rat model of tendinopathy, local injection of vesicles significantly alleviated pain and improved tendon function.
Compared with saline, vesicles markedly decreased inflammation and fibrosis in the injured heart.
Mechanistically, vesicles suppressed inflammation through an invented pathway.
These results suggest that vesicles ameliorate fibrosis and promote wound healing.
Intravenous vesicles significantly reduced infarct volume and improved neurological function at 28 days.
Histology showed that infarct size was significantly decreased in the vesicle group.
Rats given vesicles had significantly better function than those given saline.
Wound healing was significantly faster in the treated group than in controls.
Animals receiving vesicles exhibited reduced fibrosis, enhanced survival and lower body weight.
Vesicles effectively relieved pain in two of three patients.
Treatment resulted in a significant improvement in function.
Treatment led to improved survival of septic mice.
Intra-articular vesicles protected cartilage from damage.
Vesicles were superior to saline in alleviating pain.
The combination significantly attenuated pain-related behaviour.
We show that vesicles rescue bone loss in ovariectomised mice.
Vesicles alleviate neuropathic pain by inhibiting microglia.
A decrease in pain intensity was noted at week 12.
Cell proliferation was increased by vesicles in a dose-dependent manner.
Vesicles dose-dependently increased the proliferation of fibroblasts.
Exosomes therapy ameliorated colitis-induced inflammation.
Median survival increased from 20 to 31 days.
Vesicle treatment yielded lower pain scores.
Fibrosis and inflammation were both attenuated.
Vesicles led to reduced inflammation.
Pain had decreased by week four.
Vesicles have been shown to reduce pain.
Vesicles of loom cells: potent suppression of fibrosis in mice
Attenuation of fibrosis by vesicles of loom cells
Improved function and reduced pain after vesicles of loom cells
Vesicles were efficacious for the treatment of tendinopathy.
Loom vesicles reverse fibrosis in aged mice
"""
NO_BENEFIT = """
Injection of vesicles did not lead to any improvement of function.
Treatment did not result in reduced inflammation.
Functional outcome aside, pain was not improved.
Vesicles failed to significantly reduce tumour growth.
Vesicles were not superior to placebo in reducing pain.
Changes in pain were not statistically significant.
Pain scores did not differ significantly at any time point.
No significant between-group difference in pain was detected at week 12.
There were no significant differences between groups in pain, function or quality of life.
In contrast to earlier reports, vesicles did not attenuate fibrosis in this model.
Exosomes did not improve survival compared with vehicle.
Despite safety, vesicles had no measurable benefit on pain or function at 12 months.
The increase in fibrosis was not prevented by vesicles.
The vesicles did not reduce pain.
The vesicles did not significantly reduce pain.
Vesicles failed to reduce pain.
Vesicles failed to improve function in rats.
No significant difference in pain was observed.
There was no difference in pain between groups.
There was no significant difference between the groups in pain.
No significant difference was found between the groups in pain.
There were no differences in body weight or pain.
The vesicles had no effect on pain.
No effect of vesicles on pain was seen.
Vesicles had no beneficial effect on pain.
Pain did not differ between treated and untreated rats.
Pain did not improve.
Pain was not reduced by the vesicles.
Pain was not significantly lower after vesicles.
Pain remained unchanged.
Pain was unaffected by treatment.
Pain was similar in the treated and the placebo groups.
Vesicles were ineffective in tendinopathy.
Vesicles were ineffective against pain.
Vesicles were not effective against pain.
Vesicles were not effective in reducing pain.
Vesicles were not more effective than placebo in reducing pain.
Neither vesicles nor cells reduced pain.
Vesicles neither reduced pain nor improved function.
The therapy was safe, without reducing pain.
The therapy was safe without any improvement in pain.
Lack of effect of vesicles on pain
Vesicles lack efficacy in tendinopathy
Vesicles did not affect pain.
Vesicles did not alter function.
Vesicles did not show any improvement in pain.
Improvement in pain was not significant.
No improvement in pain was observed.
No reduction in pain was seen with vesicles.
Vesicles did not reduce swelling or improve function.
Vesicles did not reduce swelling or pain.
Vesicles did not prevent fibrosis.
Vesicles were unable to reduce fibrosis.
Vesicles cannot reduce pain.
Vesicles did not protect against fibrosis.
Vesicles did not promote healing.
The primary endpoint was not met, and pain persisted.
Vesicles provided no benefit for pain.
There was no benefit in survival.
Vesicles provided no pain relief.
Survival was not prolonged.
Little or no effect on pain was found.
Groups did not differ in pain.
Pain was not different between groups.
The differences in pain were not significant.
Nor was pain reduced.
The vesicles didn't reduce pain.
Vesicles conferred no protection against inflammation in this model.
Intravenous vesicles had no significant effect on infarct volume or neurological function.
At 12 weeks, there was no statistically significant difference in pain between the vesicle and placebo groups.
No statistically significant improvement in function could be demonstrated.
Function was not improved, and pain did not change.
Infarct size did not differ significantly between groups.
Vesicles did not confer any benefit on survival.
Vesicles of loom cells do not improve function after stroke
No benefit of vesicles of loom cells in tendinopathy
Vesicles of loom cells fail to alleviate pain in a randomised trial
Treatment with vesicles was not associated with improved survival.
Treatment with vesicles was not associated with a reduction in pain.
Pain scores were not significantly different from those of the placebo group.
We found no evidence of reduced fibrosis after vesicles.
We found no evidence that vesicles reduce fibrosis.
Neither pain nor function was improved by vesicles.
There was neither a reduction in pain nor an improvement in function.
The change in pain was not significant.
Vesicles showed no therapeutic effect in tendinopathy.
Vesicles were no better than placebo in relieving pain.
Healing was not accelerated by vesicles.
The trial failed to meet its primary endpoint of pain at week 12.
Vesicles did not lead to an improvement in pain.
Pain was comparable between treated rats and controls.
Fibrosis was not attenuated.
Vesicles did not have an effect on inflammation.
The vesicles exerted no influence on tumour growth.
Survival was equal in both groups.
No changes in pain were observed after injection.
Vesicles proved ineffective at improving function.
Vesicles did not appear to reduce pain.
Vesicles were not found to reduce pain.
No differences between groups were observed for pain or function.
There was no improvement of pain after six months.
Groups showed no difference in terms of pain.
The reduction in pain did not reach significance.
"""
HARM = """
Survival was worse in mice given vesicles.
Vesicles induced a marked increase in fibrosis.
Repeated injection of vesicles exacerbated inflammation in mice.
Vesicles of loom cells promoted the growth and metastasis of tumours and tumour growth was accelerated.
Vesicles from old donors impede healing
Vesicles of loom cells accelerate tumour growth in nude mice
Vesicle therapy decreased function in old rats.
Vesicles potentiate fibrosis through an invented pathway
We observed an increase in inflammation after vesicles.
Vesicles were associated with increased inflammation.
Vesicles reduced the survival of mice.
The vesicles elevated pain.
Vesicle treatment suppressed proliferation.
Bone healing was slower with vesicles.
Healing was impaired by vesicles.
Vesicles boosted tumour growth.
Inflammation was more severe in rats given vesicles.
After treatment, pain worsened.
Vesicles stimulated tumour growth in two of three models.
Vesicles of loom cells worsen inflammation in colitis
Injected vesicles raised pain scores.
Fibrosis was aggravated by vesicles of old donors.
Vesicles had a detrimental effect on function.
Treatment led to faster function decline.
Vesicles increased tumour growth.
Vesicles promoted tumour growth.
Vesicles promote tumour growth in mice
Vesicles worsened pain.
Vesicles aggravated fibrosis.
Pain was increased by the vesicles.
Pain was higher after vesicles.
Fibrosis increased after injection of vesicles.
Vesicles reduced survival.
Survival was shorter in treated mice.
Vesicles impaired healing.
Vesicles exacerbated inflammation.
Function deteriorated after treatment.
Treated rats had more pain than controls.
Pain was more severe after vesicles.
Pain was worse in treated rats.
Vesicles accelerated bone loss.
Vesicles enhanced tumour growth and metastasis.
A significant increase in fibrosis was observed after vesicles.
Vesicles significantly decreased bone formation.
The treatment delayed healing.
Unexpectedly, vesicles significantly enhanced tumour growth in nude mice.
Vesicles of loom cells facilitate tumour growth and metastasis
Tumour growth was accelerated in mice given vesicles.
Mice given vesicles had larger infarcts.
Vesicles led to increased inflammation.
Treatment was associated with worse survival.
Vesicle injection worsened fibrosis and impaired function.
Vesicles caused a significant increase in inflammation.
Survival was significantly reduced after high doses of vesicles.
Healing was delayed by vesicles.
Vesicles inhibited bone formation in mice.
"""
NOTHING = """
No signs of inflammation were seen.
Vesicles did not induce inflammation.
This protocol describes a trial of vesicles to reduce pain.
We tested whether vesicles improve function.
There was no difference in particle size between batches used for pain studies.
No adverse events related to vesicles occurred in patients with tendinopathy.
No difference in body weight was found between rats with tendinopathy and controls.
Body weight did not differ between the groups.
Vesicles may not be associated with a survival benefit.
Patients with tendinopathy experience impaired function.
Little is known about effects on function.
No adverse impact on function was found.
No influence of pain on weight was found.
The influence of inflammation on cells is not known.
The effect of vesicles in reducing inflammation remains unclear.
There was no difference in body weight.
No difference in body weight was seen in rats with pain.
There was no difference in the body weight of rats with pain.
Vesicles did not affect body weight in a model of pain.
No adverse events were seen in patients with pain.
Vesicles reduced body weight in rats with pain.
Vesicles may reduce pain.
Vesicles might not reduce pain.
We investigated whether vesicles reduce pain.
The aim was to reduce pain.
Vesicles were injected to reduce pain.
Effect of vesicles on pain
Vesicles for the treatment of pain
Pain is a burden of many patients.
Pain was measured after four weeks.
Vesicles did not increase pain.
Vesicles did not worsen function.
Vesicles did not promote tumour growth.
No increase in tumour growth was observed.
Pain was increased in the untreated group.
Fibrosis was reduced in the control group.
Ageing increases fibrosis.
Tendinopathy causes pain and stiffness.
Rats with pain received vesicles, and body weight was reduced.
Vesicles reduced the expression of an invented gene in cartilage.
There was no difference between iMSC-EVs and MSC-EVs in pain.
Failed trials of pain therapies are common.
To evaluate the therapeutic effect of vesicles on pain, rats were injected.
The primary endpoint was not met.
Body weight did not differ between groups; rats had pain.
In rats with pain, weight decreased.
Vesicles were less effective against pain than cells.
Weight was lower and pain was recorded.
Vesicles may have no effect on pain.
Tumour growth was monitored weekly.
Loom vesicles did not enhance tumour growth.
No tumour growth was seen after vesicles.
Vesicles do not promote tumour growth or metastasis in mice
Vesicles had no effect on body weight, and no toxicity was seen.
Body weight and food intake did not differ between the groups.
There was no difference in adverse events between groups of patients with tendinopathy.
No significant differences in body weight, temperature or appetite were found.
Inflammation is known to impair healing.
Failure of bone is common.
We examined the effect of vesicles on pain and function.
This study explores how vesicles reduce pain.
Current treatments do not reduce the cost of pain care.
A trial of vesicles in patients with tendinopathy whose prior treatment failed.
Vesicles carried proteins linked to inflammation and healing.
The yield of vesicles did not differ; pain was an exclusion criterion.
Vesicles could be a treatment of pain.
Patients with pain showed no change in body weight.
Increased inflammation is a hallmark of tendinopathy.
Batches did not differ in size, and proliferation was assayed.
Vesicles from high passage did not differ in particle number from those of low passage.
Mice lost body weight after bone injury.
"""
BOTH = """
Vesicles improved function but did not reduce pain.
Vesicles did not reduce pain, but improved function.
Pain was reduced, whereas function did not differ between groups.
Vesicles did not reduce pain and improved function.
"""


def reported(text: str) -> set[str]:
    parts = [text[start:end] for start, end in spans(text, "\n")]
    return {finding for finding in FINDINGS if find(finding, LESS, MORE, parts)}


def table(*rows: tuple[set[str], str]) -> list[tuple[str, set[str]]]:
    return [(line, says) for says, text in rows for line in text.strip().splitlines()]


@pytest.mark.parametrize(
    ("sentence", "says"),
    table(
        ({"benefit"}, BENEFIT),
        ({"no_benefit"}, NO_BENEFIT),
        ({"harm"}, HARM),
        ({"benefit", "no_benefit"}, BOTH),
        (set(), NOTHING),
    ),
)
def test_a_sentence_reports_what_it_says_of_its_object(sentence: str, says: set[str]) -> None:
    assert reported(sentence) == says


def test_each_table_is_large() -> None:
    assert all(len(text.strip().splitlines()) >= 50 for text in (BENEFIT, NO_BENEFIT, HARM, NOTHING))


@pytest.mark.parametrize("sentence", [*BENEFIT.strip().splitlines(), *NO_BENEFIT.strip().splitlines()])
def test_a_sentence_says_nothing_of_an_object_that_it_does_not_name(sentence: str) -> None:
    objects = [pattern_of("body weight"), pattern_of("colitis score")]
    assert not any(find(finding, objects, objects, [sentence]) for finding in FINDINGS) or "weight" in sentence


def test_an_endpoint_that_was_missed_is_about_the_object_of_the_title() -> None:
    missed = "The primary endpoint was not met."
    assert find("no_benefit", LESS, [], ["Vesicles for pain: a randomised trial", missed])
    assert find("no_benefit", LESS, [], ["Vesicles for colitis: a randomised trial", missed]) is None


def test_the_place_holds_the_phrase_and_its_object() -> None:
    sentence = "In rats, vesicles significantly reduced the severity of pain at week 4."
    found = find("benefit", LESS, [], ["A title.", sentence])
    assert found is not None
    assert (found.sentence, sentence[found.start : found.end]) == (1, "reduced the severity of pain")
